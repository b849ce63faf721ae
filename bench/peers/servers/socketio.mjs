// A chat server on Socket.IO that does nothing but pass on. Its port is the first line it prints.
import { createServer } from 'node:http';
import process from 'node:process';

import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { transports: ['websocket'] });

io.on('connection', (socket) => {
  socket.on('join', (channel, done) => {
    socket.join(channel);
    done();
  });
  socket.on('publish', (channel, content, done) => {
    done();
    io.to(channel).emit('message', content);
  });
});

http.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${http.address().port}\n`);
});
