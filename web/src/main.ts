import { mount } from 'svelte';
import App from './app/App.svelte';
import './design/tokens.css';
import './design/page.css';
import './design/controls.css';

const target = document.getElementById('app');
if (target !== null) mount(App, { target });
