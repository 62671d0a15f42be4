// Unit tests have no network: a socket that is opened fails the test that opens it.

import net from 'node:net';

net.Socket.prototype.connect = () => {
  throw new Error('unit tests must not open sockets: move this test to test/integration');
};
