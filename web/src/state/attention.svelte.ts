/** Whether a person is here: the page is visible and has the focus. What they cannot have seen is not read. */

class Attention {
  here = $state(document.hasFocus() && document.visibilityState === 'visible');

  /** Call once; returns what stops it. */
  start(): () => void {
    const stop = new AbortController();
    const look = () => (this.here = document.hasFocus() && document.visibilityState === 'visible');
    addEventListener('focus', look, stop);
    addEventListener('blur', look, stop);
    document.addEventListener('visibilitychange', look, stop);
    return () => {
      stop.abort();
    };
  }
}

export const attention = new Attention();
