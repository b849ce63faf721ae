import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pending } from '../../src/chats/outbox.js';
import { Timeline, WINDOW_MAX } from '../../src/chats/timeline.js';
import { HubbubError, type Item } from '../../src/index.js';
import type { Entry, Page } from '../../src/wire.js';
import { settled } from '../clock.js';
import { deeds, ME, ServerChat } from '../history.js';

/** A timeline of a chat whose server, connection and store the test holds in its hand. */
class Stage {
  readonly server = new ServerChat();
  readonly asked: object[] = [];
  readonly timeline: Timeline;
  pending: Pending[] = [];
  stored: readonly Entry[] = [];
  cursor = 0;
  connected = true;
  #waiting: (() => void)[] | undefined;

  constructor(prepare: (stage: Stage) => void = () => undefined) {
    prepare(this);
    const viewer = { me: ME, blocked: new Set(['bad']), others: { received: 0, read: 0 } };
    this.timeline = new Timeline({
      chat: 'chat',
      viewer: () => viewer,
      pending: () => this.pending,
      cursor: () => this.cursor,
      stored: () => Promise.resolve(this.stored),
      history: (where) => this.#history(where),
      closed: () => undefined,
    });
  }

  /** Entries 1 … `count` are there already. */
  static of(count: number): Stage {
    return new Stage((stage) => {
      for (let seq = 1; seq <= count; seq++) stage.server.say(`${seq}`, 'ada');
      stage.cursor = count;
    });
  }

  push(entry: Entry | undefined): void {
    if (entry === undefined) return;
    this.cursor = entry.seq;
    this.timeline.entry(entry);
  }

  say(content: string): void {
    this.push(this.server.say(content, 'ada'));
  }

  /** Pages come when the test lets them. */
  hold(): void {
    this.#waiting ??= [];
  }

  async release(): Promise<void> {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const go of waiting) go();
    await settled();
  }

  get words(): (string | null)[] {
    return this.timeline.items.get().flatMap((item) => (item.kind === 'message' ? [item.content] : []));
  }

  get status(): object {
    return this.timeline.status.get();
  }

  async #history(where: { before?: number; after?: number; limit: number }): Promise<Page> {
    this.asked.push(where);
    if (!this.connected) throw new HubbubError('no_answer');
    const page = this.server.page(where);
    if (this.#waiting !== undefined) await new Promise<void>((resolve) => this.#waiting?.push(resolve));
    return page;
  }
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
}

describe('opening', () => {
  test('shows the newest entries, and follows', async () => {
    const stage = Stage.of(120);
    expect(stage.status).toMatchObject({ loading: 'first' });
    await settled();
    expect(stage.words).toEqual(numbers(71, 120));
    expect(stage.status).toEqual({ loading: null, hasOlder: true, hasNewer: false, error: null });
    stage.say('121');
    expect(stage.words.at(-1)).toBe('121');
  });

  test('shows what is kept first, and what came since', async () => {
    const stage = new Stage((each) => {
      for (const word of numbers(1, 60)) each.server.say(word, 'ada');
      each.stored = each.server.pushes.slice(20, 40);
      each.cursor = 40;
      each.connected = false;
    });
    await settled();
    expect(stage.words).toEqual(numbers(21, 40));
    stage.connected = true;
    stage.cursor = 60;
    stage.timeline.connected();
    await settled();
    expect(stage.words).toEqual(numbers(21, 60));
    expect(stage.asked).toEqual([{ after: 40, limit: 300 }]);
  });

  test('a failure is told, and tried again when there is a connection', async () => {
    const stage = new Stage((each) => {
      each.server.say('1', 'ada');
      each.connected = false;
    });
    await settled();
    expect(stage.status).toMatchObject({ loading: null, error: { code: 'no_answer' } });
    stage.connected = true;
    stage.timeline.connected();
    await settled();
    expect(stage.words).toEqual(['1']);
    expect(stage.status).toMatchObject({ error: null });
  });

  test('an empty chat shows its first entry', async () => {
    const stage = Stage.of(0);
    await settled();
    stage.say('1');
    await settled();
    expect(stage.words).toEqual(['1']);
  });

  test('an entry that comes while the first page is on its way is not lost', async () => {
    const stage = Stage.of(3);
    stage.hold();
    await settled();
    stage.say('4');
    await stage.release();
    expect(stage.words).toEqual(numbers(1, 4));
  });
});

describe('scrolling', () => {
  test('back to the beginning, through chats in which little is said', async () => {
    const stage = new Stage((each) => {
      for (const word of numbers(1, 30)) each.server.say(word, 'ada');
      for (let nth = 0; nth < 400; nth++) each.server.do({ do: 'edit', nth });
      each.cursor = each.server.head;
    });
    await settled();
    while (stage.timeline.status.get().hasOlder) await stage.timeline.loadOlder();
    expect(stage.timeline.items.get()).toHaveLength(30);
    expect(stage.timeline.items.get()[0]).toMatchObject({ seq: 1 });
  });

  test('lets the far end go, and comes back to it', async () => {
    const stage = Stage.of(WINDOW_MAX + 200);
    await settled();
    while (stage.timeline.status.get().hasOlder) await stage.timeline.loadOlder();
    expect(stage.words).toEqual(numbers(1, WINDOW_MAX));
    expect(stage.status).toMatchObject({ hasNewer: true });
    stage.say('new');
    expect(stage.words.at(-1)).toBe(`${WINDOW_MAX}`);
    while (stage.timeline.status.get().hasNewer) await stage.timeline.loadNewer();
    await settled();
    expect(stage.words.at(-1)).toBe('new');
    stage.say('newer');
    expect(stage.words.at(-1)).toBe('newer');
    expect(stage.status).toMatchObject({ hasOlder: true, hasNewer: false });
  });

  test('jumps to a message and back to the newest', async () => {
    const stage = Stage.of(500);
    await settled();
    await stage.timeline.around(100);
    expect(stage.words).toEqual(numbers(51, 150));
    expect(stage.status).toMatchObject({ hasOlder: true, hasNewer: true });
    await stage.timeline.around(120);
    expect(stage.words).toEqual(numbers(51, 150));
    await stage.timeline.latest();
    expect(stage.words.at(-1)).toBe('500');
    expect(stage.status).toMatchObject({ hasNewer: false });
  });

  test('a change to a message of long ago shows, wherever the window is', async () => {
    const stage = Stage.of(500);
    await settled();
    await stage.timeline.around(100);
    stage.push(stage.server.do({ do: 'edit', nth: 99 }));
    stage.push(stage.server.do({ do: 'delete', nth: 100 }));
    expect(stage.words.slice(49, 51)).toEqual(['edited 501', null]);
  });

  test('a change that overtakes the page with its message shows too', async () => {
    const stage = Stage.of(500);
    await settled();
    stage.hold();
    const jumped = stage.timeline.around(100);
    await settled();
    stage.push(stage.server.do({ do: 'edit', nth: 99 }));
    await stage.release();
    await jumped;
    expect(stage.words).toContain('edited 501');
  });
});

describe('holes', () => {
  test('behind a hole in the flow the newest are shown', async () => {
    const stage = Stage.of(10);
    await settled();
    for (const word of numbers(11, 3_000)) stage.server.say(word, 'ada');
    stage.cursor = 3_000;
    stage.timeline.anew(false);
    await settled();
    expect(stage.words).toEqual(numbers(2_951, 3_000));
  });

  test('a reset drops what is held at once', async () => {
    const stage = Stage.of(10);
    await settled();
    stage.hold();
    stage.timeline.anew(true);
    expect(stage.words).toEqual([]);
    await stage.release();
    expect(stage.words).toEqual(numbers(1, 10));
  });
});

describe('items', () => {
  test('messages on their way are last, and are not shown twice', async () => {
    const stage = Stage.of(2);
    await settled();
    stage.pending = [{ msgId: '3', msgType: 'group', to: 'chat', content: 'mine', at: 9, order: 9 }];
    stage.timeline.refresh();
    expect(stage.words).toEqual(['1', '2', 'mine']);
    const key = stage.timeline.items.get().at(-1)?.key;
    stage.push(stage.server.say('mine', ME));
    expect(stage.words).toEqual(['1', '2', 'mine']);
    expect(stage.timeline.items.get().at(-1)).toMatchObject({ key, seq: 3, state: 'sent' });
  });

  test('what did not change is the same object', async () => {
    const stage = Stage.of(3);
    await settled();
    const before = stage.timeline.items.get();
    stage.push(stage.server.do({ do: 'edit', nth: 1 }));
    const after = stage.timeline.items.get();
    expect(after.map((item: Item, index) => item === before[index])).toEqual([true, false, true]);
  });

  test('what somebody blocked wrote is flagged', async () => {
    const stage = new Stage((each) => each.server.say('nonsense', 'bad'));
    await settled();
    expect(stage.timeline.items.get()).toMatchObject([{ hidden: true }]);
  });

  test('a quote is fetched once, follows edits, and is gone with its message', async () => {
    const stage = Stage.of(500);
    await settled();
    const quote = stage.timeline.quote(5);
    const seen: (string | null | undefined)[] = [];
    quote.subscribe((item) => seen.push(item?.content));
    await settled();
    stage.push(stage.server.do({ do: 'edit', nth: 4 }));
    await settled();
    stage.push(stage.server.do({ do: 'delete', nth: 4 }));
    await settled();
    expect(seen).toEqual([undefined, '5', 'edited 501', null]);
    expect(stage.timeline.quote(5)).toBe(quote);
    expect(stage.asked.slice(1)).toEqual([{ after: 4, limit: 1 }]);
  });
});

/** The items, whatever the order in which reactions came. */
function shown(stage: Stage): unknown[] {
  return stage.timeline.items
    .get()
    .map((item) =>
      item.kind === 'message'
        ? { ...item, reactions: [...item.reactions].sort((one, other) => (one.emoji < other.emoji ? -1 : 1)) }
        : item,
    );
}

test('whatever is done while it is open, it shows what one shows that is opened afterwards', async () => {
  const moves = fc.array(fc.constantFrom('older', 'newer', 'around', 'latest', 'hold', 'release', 'reload'), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(deeds, deeds, moves, async (before, after, todo) => {
      const stage = new Stage((each) => {
        for (const deed of before) each.server.do(deed);
        each.cursor = each.server.head;
      });
      const work: Promise<void>[] = [];
      for (const [index, deed] of after.entries()) {
        const move = todo[index];
        if (move === 'older') work.push(stage.timeline.loadOlder());
        if (move === 'newer') work.push(stage.timeline.loadNewer());
        if (move === 'around') work.push(stage.timeline.around(1));
        if (move === 'latest') work.push(stage.timeline.latest());
        if (move === 'reload') stage.timeline.anew(false);
        if (move === 'hold') stage.hold();
        if (move === 'release') await stage.release();
        stage.push(stage.server.do(deed));
        await Promise.resolve();
      }
      await stage.release();
      await Promise.all(work);
      await stage.timeline.latest();
      while (stage.timeline.status.get().hasOlder) await stage.timeline.loadOlder();
      const fresh = new Stage((each) => Object.assign(each, { server: stage.server, cursor: stage.cursor }));
      await settled();
      while (fresh.timeline.status.get().hasOlder) await fresh.timeline.loadOlder();
      expect(shown(stage)).toEqual(shown(fresh));
    }),
    { numRuns: 300 },
  );
});
