export { Cell, Derived, type Readable } from './observable.js';
