/** The time as the page shows it: it moves once a minute, and all that says "5 minutes ago" moves with it. */

class Clock {
  minute = $state(Date.now());

  /** Call once; returns what stops it. */
  start(): () => void {
    const timer = setInterval(() => (this.minute = Date.now()), 30_000);
    return () => {
      clearInterval(timer);
    };
  }
}

export const clock = new Clock();
