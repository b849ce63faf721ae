// A progressive load of talkers, in k6: connect, hello, send a message a second and receive it, leave, come back.
//
//   k6 run -e URL=ws://127.0.0.1:8080/ws -e PEOPLE=people.json -e SUMMARY=summary.json bench/cross/talk.js
//
// PEOPLE: [{"token": …, "room": …}], one for each virtual user at the peak. The run fails (status 99) beyond its thresholds.
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';
import ws from 'k6/ws';

const people = JSON.parse(open(__ENV.PEOPLE));
const peak = Number(__ENV.PEAK || people.length);
const stage = `${__ENV.STAGE_SECONDS || 10}s`;
const session = Number(__ENV.SESSION_SECONDS || 10) * 1000;
const slowest = `p(99)<${__ENV.P99_MS || 250}`;
const BETWEEN_MS = 1000;
const LAST_MS = 10_000; // for what is still under way when a session ends

const failed = new Rate('failed'); // of all connects and messages
const greeted = new Trend('greeted', true); // from the first byte to `welcome`
const acknowledged = new Trend('acknowledged', true); // from `send` to `sent`
const delivered = new Trend('delivered', true); // from `send` to one's own `message`
const pushes = new Counter('pushes'); // of everybody's messages

export const options = {
  scenarios: {
    talkers: {
      executor: 'ramping-vus',
      startVUs: 1,
      stages: [
        { duration: stage, target: Math.ceil(peak / 4) },
        { duration: stage, target: Math.ceil(peak / 2) },
        { duration: stage, target: peak },
        { duration: stage, target: peak },
        { duration: stage, target: 0 },
      ],
      gracefulRampDown: `${(session + LAST_MS) / 1000}s`,
      gracefulStop: `${(session + LAST_MS) / 1000}s`,
    },
  },
  thresholds: { failed: ['rate<0.01'], greeted: [slowest], acknowledged: [slowest], delivered: [slowest] },
  summaryTrendStats: ['count', 'med', 'p(99)', 'max'],
};

export default function () {
  const { token, room } = people[(exec.vu.idInTest - 1) % people.length];
  const name = `${exec.vu.idInTest}-${exec.vu.iterationInScenario}-${Date.now()}`;
  const begun = Date.now();
  const asked = new Map();
  let leaving = false;
  const answer = ws.connect(__ENV.URL, { headers: { 'Sec-WebSocket-Protocol': 'hubbub.v1.json' } }, (socket) => {
    const say = (envelope) => socket.send(JSON.stringify(envelope));
    const leave = () => {
      if (leaving && [...asked.values()].every(({ sent, heard }) => sent && heard)) socket.close();
    };
    const send = () => {
      if (leaving) return;
      const msg_id = `${name}-${asked.size}`;
      asked.set(msg_id, { at: Date.now(), sent: false, heard: false });
      say({ type: 'send', id: asked.size, msg_type: 'group', to: room, content: `from ${name}`, msg_id });
    };
    const hear = {
      welcome: () => {
        greeted.add(Date.now() - begun);
        failed.add(false);
        send();
        socket.setInterval(send, BETWEEN_MS);
      },
      sent: ({ msg_id }) => {
        acknowledged.add(Date.now() - asked.get(msg_id).at);
        asked.get(msg_id).sent = true;
        leave();
      },
      message: ({ msg_id }) => {
        pushes.add(1);
        if (!asked.has(msg_id)) return;
        delivered.add(Date.now() - asked.get(msg_id).at);
        asked.get(msg_id).heard = true;
        leave();
      },
      error: (said) => {
        failed.add(true);
        console.error(JSON.stringify(said));
      },
    };
    socket.on('open', () => say({ type: 'hello', id: 0, token }));
    socket.on('message', (text) => {
      const said = JSON.parse(text);
      hear[said.type]?.(said);
    });
    socket.on('error', (error) => {
      failed.add(true);
      console.error(error.error());
    });
    socket.setTimeout(() => {
      leaving = true;
      leave();
    }, session);
    socket.setTimeout(() => socket.close(), session + LAST_MS);
  });
  if (answer.status !== 101) failed.add(true);
  for (const { sent, heard } of asked.values()) failed.add(!sent || !heard);
}

export function handleSummary({ metrics }) {
  const told = Object.entries(metrics).map(([metric, { values, thresholds }]) => [metric, { values, thresholds }]);
  return { [__ENV.SUMMARY || 'stdout']: JSON.stringify(Object.fromEntries(told), null, 2) };
}
