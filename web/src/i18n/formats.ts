/** Times, days, counts and names, as the language writes them. Time is an argument, never read from a clock. */

const DAY = 86_400_000;

export class Formats {
  private readonly clock: Intl.DateTimeFormat;
  private readonly weekday: Intl.DateTimeFormat;
  private readonly dayMonth: Intl.DateTimeFormat;
  private readonly longDay: Intl.DateTimeFormat;
  private readonly longDayYear: Intl.DateTimeFormat;
  private readonly shortDate: Intl.DateTimeFormat;
  private readonly exact: Intl.DateTimeFormat;
  private readonly relative: Intl.RelativeTimeFormat;
  private readonly numbers: Intl.NumberFormat;
  private readonly lists: Intl.ListFormat;
  private readonly collator: Intl.Collator;

  constructor(language: string) {
    const date = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, options);
    this.clock = date({ hour: 'numeric', minute: '2-digit' });
    this.weekday = date({ weekday: 'short' });
    this.dayMonth = date({ day: 'numeric', month: 'short' });
    this.longDay = date({ weekday: 'long', day: 'numeric', month: 'long' });
    this.longDayYear = date({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
    this.shortDate = date({ day: 'numeric', month: 'numeric', year: '2-digit' });
    this.exact = date({ dateStyle: 'full', timeStyle: 'medium' });
    this.relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
    this.numbers = new Intl.NumberFormat(language);
    this.lists = new Intl.ListFormat(language, { type: 'conjunction' });
    this.collator = new Intl.Collator(language, { numeric: true });
  }

  /** 14:05 */
  time(ts: number): string {
    return this.clock.format(ts);
  }

  /** For a list of chats: the time today, the weekday this week, else the date. */
  brief(ts: number, now: number): string {
    const days = daysBetween(ts, now);
    if (days <= 0) return this.clock.format(ts);
    if (days < 7) return this.weekday.format(ts);
    return sameYear(ts, now) ? this.dayMonth.format(ts) : this.shortDate.format(ts);
  }

  /** For the line between two days: today, yesterday, or its full name. */
  day(ts: number, now: number): string {
    const days = daysBetween(ts, now);
    if (days === 0 || days === 1) return capitalised(this.relative.format(-days, 'day'));
    return (sameYear(ts, now) ? this.longDay : this.longDayYear).format(ts);
  }

  /** 5 minutes ago; from the second day on, the date. */
  ago(ts: number, now: number): string {
    const minutes = Math.max(Math.round((now - ts) / 60_000), 0);
    if (minutes < 60) return this.relative.format(-minutes, 'minute');
    if (minutes < 24 * 60) return this.relative.format(-Math.round(minutes / 60), 'hour');
    return daysBetween(ts, now) < 7
      ? this.relative.format(-daysBetween(ts, now), 'day')
      : this.brief(ts, now);
  }

  /** When a mute ends: the time if that is today, else with the date. */
  until(ts: number, now: number): string {
    return daysBetween(ts, now) === 0
      ? this.clock.format(ts)
      : `${this.dayMonth.format(ts)} ${this.clock.format(ts)}`;
  }

  full(ts: number): string {
    return this.exact.format(ts);
  }

  count(value: number): string {
    return this.numbers.format(value);
  }

  /** What fits into a badge. */
  badge(value: number): string {
    return value > 99 ? `${this.numbers.format(99)}+` : this.numbers.format(value);
  }

  list(names: readonly string[]): string {
    return this.lists.format(names);
  }

  readonly compare = (a: string, b: string): number => this.collator.compare(a, b);
}

/** Calendar days from `ts` to `now` in the reader's time zone. */
export function daysBetween(ts: number, now: number): number {
  return Math.round((midnight(now) - midnight(ts)) / DAY);
}

export function midnight(ts: number): number {
  return new Date(ts).setHours(0, 0, 0, 0);
}

function sameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear();
}

function capitalised(word: string): string {
  return word.charAt(0).toLocaleUpperCase() + word.slice(1);
}
