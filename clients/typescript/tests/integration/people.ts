import {
  type Client,
  type ClientOptions,
  createClient,
  type Item,
  type MessageItem,
} from '../../src/index.js';
import { until } from '../until.js';

/** The clients of one test file, all of which are closed at its end. */
export class Company {
  readonly #clients: Client[] = [];
  #count = 0;

  /** A client of nobody yet. */
  client(options: ClientOptions): Client {
    const client = createClient(options);
    this.#clients.push(client);
    return client;
  }

  /** A new user, connected. */
  async signedUp(user: string, options: ClientOptions): Promise<Client> {
    const client = this.client(options);
    await client.session.signUp(user, PASSWORD, user.toUpperCase());
    await client.connected();
    return client;
  }

  /** A new room with all of them in it, seen by all. */
  async room(owner: Client, ...others: Client[]): Promise<string> {
    const { chat } = await owner.rooms.create(`room ${(this.#count += 1)}`, { public: true });
    for (const each of others) await each.rooms.join(chat);
    for (const each of [owner, ...others]) await until(each.chats.get(chat), (now) => now !== undefined);
    return chat;
  }

  async leave(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

export const PASSWORD = 'correct horse battery';

/** What is said in a timeline, in order. */
export function said(items: readonly Item[]): (string | null)[] {
  return items.filter((item) => item.kind === 'message').map(({ content }) => content);
}

export function message(items: readonly Item[], content: string): MessageItem | undefined {
  return items.find((item): item is MessageItem => item.kind === 'message' && item.content === content);
}
