// A bot on the TypeScript SDK, for the browser tests: joins the room of that name, and repeats what follows "bot, say".
//
//     node --experimental-websocket tests/web/bot.mjs http://127.0.0.1:8080 robot Lobby
import { createClient } from '@hubbub/client';

const [url, user, name] = process.argv.slice(2);
const CALL = 'bot, say ';

const client = createClient({ url });
await client.session.signUp(user, 'correct horse battery');
await client.connected();
const { rooms } = await client.rooms.directory(name);
const room = rooms.find((each) => each.name === name);
client.onMessage(({ message }) => {
  if (message.from === user || !message.content.startsWith(CALL)) return;
  void client.send(room.chat, message.content.slice(CALL.length)).sent;
});
await client.rooms.join(room.chat);
console.log('ready');
