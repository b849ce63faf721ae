/**
 * Fills a server with people and conversations, so that there is something to look at:
 *
 *     node web/scripts/company.mjs http://127.0.0.1:8080 [messages in the long room]
 *
 * Everybody's password is "correct horse battery". The server must be new.
 */

const PASSWORD = 'correct horse battery';

const PEOPLE = {
  mei: ['林美玲', 'hue-7'],
  ada: ['Ada Okafor', 'hue-4'],
  jonas: ['Jonas Berg', 'hue-1'],
  priya: ['Priya Raman', 'hue-6'],
  tomas: ['Tomás Herrera', 'hue-3'],
  noor: ['Noor Haddad', 'hue-0'],
};

const LAUNCH = [
  ['jonas', 'Morning! The release branch is cut. :tada: from me, now it is yours, @mei'],
  ['ada', 'Smoke tests are green on staging. One flaky one in `test_resume`, looking.'],
  [
    'ada',
    'Found it. The test waited for a *count*, not for the entry:\n```py\nasync def settled(chat: str) -> None:\n    while await head(chat) < expected:\n        await asyncio.sleep(0)  # yields, never spins for long\n```',
  ],
  ['mei', '太好了，我这边也跑过一遍，没有问题。'],
  [
    'priya',
    'Notes for the changelog:\n- pictures of users\n- framed TCP for devices\n- **no message lost** over 60 × `kill -9`',
  ],
  ['tomas', '> no message lost\nI want that on a mug ☕'],
  [
    'jonas',
    'Docs are at https://example.org/hubbub/docs/protocol.html#promises if somebody wants to proofread.',
  ],
  ['noor', 'On it.'],
  ['priya', 'Who takes the announcement?', 'ask'],
  ['mei', 'Me. Draft in an hour.', 'answer'],
  ['ada', '@mei can you mention the new keyboard shortcuts? ||There is one for confetti||'],
];

const CHATTER = [
  'Anyone up for lunch at half past twelve?',
  'The dashboards look calm. p99 is at 41 ms.',
  'I pushed a fix for the reconnect jitter.',
  'Can somebody review #482? It is small.',
  '今天的站会改到十点。',
  'Reviewed. Two nits, otherwise good.',
  'Thanks!',
  '👍',
  'The new designer starts on Monday.',
  'Reminder: time sheets are due today.\nYes, really.',
  'I cannot reproduce it on `main`. Which version do you run?',
  'Found it: the clock of that machine was two minutes off.',
  'Nice catch.',
  '好的，收到。',
  'Let us meet in the small room, the big one is taken.',
  'Coffee machine is fixed ☕🎉',
];

class Person {
  constructor(server, user) {
    this.server = server;
    this.user = user;
  }

  async ask(method, path, body) {
    for (;;) {
      const response = await fetch(`${this.server}/api/v1${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = response.status === 204 ? undefined : await response.json();
      if (response.ok) return answer;
      if (response.status !== 429)
        throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, answer.retry_after_ms ?? 1000));
    }
  }

  async signUp(displayName, avatar) {
    const { token } = await this.ask('POST', '/accounts', {
      user: this.user,
      password: PASSWORD,
      display_name: displayName,
      device: 'Firefox, Linux',
    });
    this.token = token;
    await this.ask('PATCH', '/me', { avatar });
  }

  async befriend(other) {
    await this.ask('POST', '/friends', { user: other.user });
    await other.ask('POST', `/friends/${this.user}/accept`);
  }

  room(name, isPublic = true) {
    return this.ask('POST', '/rooms', { name, public: isPublic }).then(({ chat }) => chat);
  }

  join(chat) {
    return this.ask('POST', `/rooms/${chat}/members`, {});
  }

  say(chat, content, replyTo) {
    const message = {
      content,
      msg_id: crypto.randomUUID(),
      ...(replyTo === undefined ? {} : { reply_to: replyTo }),
    };
    return this.ask('POST', `/chats/${chat}/entries`, message).then(({ seq }) => seq);
  }

  tell(user, content) {
    return this.ask('POST', `/direct/${user}/entries`, { content, msg_id: crypto.randomUUID() });
  }

  react(chat, seq, emoji) {
    return this.ask('PUT', `/chats/${chat}/entries/${seq}/reactions/${encodeURIComponent(emoji)}`);
  }
}

/** Makes everybody and everything; returns the people by name and the rooms by theirs. */
export async function gather(server, longRoom = 400) {
  const people = {};
  for (const [user, [name, avatar]] of Object.entries(PEOPLE)) {
    people[user] = new Person(server, user);
    await people[user].signUp(name, avatar);
  }
  const { mei, ada, jonas, priya, tomas, noor } = people;
  for (const other of [ada, jonas, priya, tomas]) await mei.befriend(other);
  await ada.befriend(priya);
  await noor.ask('POST', '/friends', { user: 'mei' });

  const rooms = {};
  rooms.everyone = await jonas.room('Everyone');
  rooms.kitchen = await tomas.room('Kitchen talk');
  rooms.design = await priya.room('Design critique');
  rooms.reading = await ada.room('读书会');
  rooms.long = await noor.room('A room whose name is longer than any sensible person would ever make it');
  for (const chat of [rooms.everyone, rooms.kitchen, rooms.reading, rooms.long]) await mei.join(chat);
  for (const other of [ada, priya, tomas, noor]) await other.join(rooms.everyone);
  for (const other of [ada, priya, jonas]) await other.join(rooms.kitchen);
  await jonas.ask('PATCH', `/rooms/${rooms.everyone}/members/priya`, { role: 'admin' });
  rooms.launch = await mei.room('Launch', false);
  for (const other of [ada, jonas, priya, tomas]) {
    await mei.ask('POST', `/rooms/${rooms.launch}/members`, { user: other.user });
  }
  await mei.ask('PATCH', `/rooms/${rooms.launch}/members/jonas`, { role: 'admin' });
  await jonas.befriend(noor);
  await jonas.ask('POST', `/rooms/${rooms.launch}/members`, { user: 'noor' });

  const speakers = Object.values(people);
  for (let at = 0; at < longRoom; at += 1) {
    await speakers[(at * 7 + (at >> 2)) % speakers.length].say(
      rooms.everyone,
      CHATTER[(at * 5 + (at >> 3)) % CHATTER.length],
    );
  }
  await tomas.say(rooms.kitchen, 'Who ate the last 🥐?');
  await ada.say(rooms.reading, '这周读到第三章，周四晚上见。');
  await noor.say(rooms.long, 'Short message.');
  await ada.tell('mei', 'Are you around? The mug idea was not a joke.');
  await mei.tell('ada', 'Two minutes 🙂');
  await priya.tell('mei', 'Sent you the draft of the icons, tell me what you think');
  await tomas.tell('mei', 'Lunch?');

  const seqs = {};
  for (const [user, text, mark] of LAUNCH) {
    const seq = await people[user].say(rooms.launch, text, mark === 'answer' ? seqs.ask : undefined);
    if (mark !== undefined) seqs[mark] = seq;
    if (text.includes('mug')) {
      for (const each of [mei, ada, priya]) await each.react(rooms.launch, seq, '☕');
      await jonas.react(rooms.launch, seq, '😂');
    }
    if (text.includes('release'))
      for (const each of [ada, priya, mei]) await each.react(rooms.launch, seq, '🎉');
  }
  return { people, rooms, password: PASSWORD };
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const [, , server = 'http://127.0.0.1:8080', count = '400'] = process.argv;
  const { rooms } = await gather(server.replace(/\/$/u, ''), Number(count));
  console.log(JSON.stringify(rooms, null, 2));
}
