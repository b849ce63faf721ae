import { mount } from 'svelte';
import App from './app/App.svelte';
import { registerWorker } from './worker/register';
import './design/tokens.css';
import './design/page.css';
import './design/controls.css';

// After the page is there: it is for the next time.
if (import.meta.env.PROD) addEventListener('load', () => void registerWorker().catch(() => undefined));

const target = document.getElementById('app');
if (target !== null) mount(App, { target });
