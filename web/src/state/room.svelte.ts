/** The chat that is open: what it is called, who is in it, what one may do there, and doing it. */

import type { Chat, Item, Member, MessageItem, Roster, TimelineStatus } from '@hubbub/client';
import { writeRoute } from '../app/route';
import { t } from '../i18n/index.svelte';
import { Answering } from './answering.svelte';
import { clock } from './clock.svelte';
import { hub } from './hub';
import { live, type Live } from './live';
import { people } from './people.svelte';
import { friends } from './friends.svelte';
import { server } from './server.svelte';
import { session } from './session.svelte';
import { shell } from './shell.svelte';

const RANK = { member: 0, admin: 1, owner: 2 };

export class ChatRoom {
  readonly answering = new Answering();
  /** Key of the message the arrow keys are at. */
  chosen: string | undefined = $state();
  /** Where the reaction picker is open. */
  reacting: { message: MessageItem; beside: HTMLElement | undefined } | undefined = $state.raw();
  /** Scrolls the history to a place; set by the view. */
  reveal: (seq: number) => Promise<void> = () => Promise.resolve();
  /** How often one said something here. */
  said = $state(0);
  /** Goes to the end of the history; set by the view. */
  latest: () => void = () => undefined;

  readonly timeline: ReturnType<typeof hub.timeline>;
  readonly #chat: Live<Chat | undefined>;
  readonly #items: Live<readonly Item[]>;
  readonly #status: Live<TimelineStatus>;
  readonly #roster: Live<Roster | undefined>;
  readonly #typing: Live<readonly string[]>;

  constructor(readonly chat: string) {
    this.timeline = hub.timeline(chat);
    this.#chat = live(hub.chats.get(chat));
    this.#items = live(this.timeline.items);
    this.#status = live(this.timeline.status);
    this.#roster = live(hub.rooms.members(chat));
    this.#typing = live(hub.typingIn(chat));
  }

  close(): void {
    this.type(false);
    this.timeline.close();
  }

  get summary(): Chat | undefined {
    return this.#chat.current;
  }

  get name(): string {
    const { summary } = this;
    return summary?.peer ? people.nameOf(summary.peer) : (summary?.name ?? '');
  }

  get items(): readonly Item[] {
    return this.#items.current;
  }

  get status(): TimelineStatus {
    return this.#status.current;
  }

  get typists(): readonly string[] {
    return this.#typing.current.filter((user) => user !== session.user);
  }

  /** Everybody that is known to be here: of a crowd, the first two hundred. */
  get members(): readonly Member[] {
    return this.#roster.current?.members ?? [];
  }

  get allMembersKnown(): boolean {
    return this.#roster.current?.complete ?? false;
  }

  get mentionable(): { user: string; name: string }[] {
    return this.members
      .filter(({ user }) => user !== session.user)
      .map(({ user }) => ({ user, name: people.nameOf(user) }));
  }

  /** Until when one may not speak, ms, if that is not over. */
  get mutedUntil(): number | undefined {
    const until = this.members.find(({ user }) => user === session.user)?.mutedUntil ?? 0;
    return until > clock.minute ? until : undefined;
  }

  /** The other person of a private chat, if they are no friend (any longer). */
  get stranger(): string | undefined {
    const peer = this.summary?.peer;
    return peer && friends.known && !friends.lists.friends.includes(peer) ? peer : undefined;
  }

  get maySpeak(): boolean {
    const { stranger } = this;
    const willing = stranger === undefined || (server.open && !friends.isBlocked(stranger));
    return this.summary !== undefined && this.mutedUntil === undefined && willing;
  }

  get mayModerate(): boolean {
    return this.summary?.role === 'admin' || this.summary?.role === 'owner';
  }

  /** Whether one may act on this member: nobody acts on an equal or higher role (protocol.md §2). */
  outranks(member: Member): boolean {
    const role = this.summary?.role;
    return role != null && member.user !== session.user && this.mayModerate && RANK[role] > RANK[member.role];
  }

  mayDelete(message: MessageItem): boolean {
    return message.seq !== null && !message.deleted && (message.mine || this.mayModerate);
  }

  say(content: string): void {
    const replyTo = this.answering.replying?.seq;
    const { summary } = this;
    if (!summary) return;
    void shell.attempt(async () => {
      hub.send(this.chat, content, replyTo == null ? {} : { replyTo });
      return Promise.resolve();
    });
    this.answering.stop();
    this.said += 1;
    this.latest();
  }

  type(on: boolean): void {
    hub.typing(this.chat, on);
  }

  async saveEdit(content: string): Promise<void> {
    const message = this.answering.editing;
    this.answering.stop();
    if (message?.seq == null || content === message.content) return;
    await shell.attempt(() => hub.edit(this.chat, Number(message.seq), content));
  }

  /** Edit one's newest message that can be; false if there is none in view. */
  editLast(): boolean {
    const last = this.items.findLast(
      (item): item is MessageItem =>
        item.kind === 'message' && item.mine && item.seq !== null && !item.deleted,
    );
    if (last) this.answering.edit(last);
    return last !== undefined;
  }

  react({ seq }: MessageItem, emoji: string, on: boolean): void {
    this.reacting = undefined;
    if (seq !== null) void shell.attempt(() => hub.react(this.chat, seq, emoji, on));
  }

  async askToDelete({ seq }: MessageItem): Promise<void> {
    const words = t().message;
    const sure = await shell.ask({
      title: words.remove,
      text: words.removeSure,
      action: words.remove,
      danger: true,
    });
    if (sure && seq !== null) await shell.attempt(() => hub.delete(this.chat, seq));
  }

  retry({ msgId }: MessageItem): void {
    void shell.attempt(() => hub.retry(msgId));
  }

  discard({ msgId }: MessageItem): void {
    void shell.attempt(() => hub.discard(msgId));
  }

  linkTo({ seq }: MessageItem): string {
    const place = seq === null ? { chat: this.chat } : { chat: this.chat, seq };
    return `${location.origin}/${writeRoute({ view: 'chat', ...place })}`;
  }
}
