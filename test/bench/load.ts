import { connect, type Socket } from 'node:net';

/**
 * Sends the same request `count` times over a few keep-alive connections, one at a time on each, and waits for all
 * responses. Every response must have the status 200.
 */
export async function load(port: number, request: string, count: number, connections = 8): Promise<void> {
  let left = count;
  const hasNext = () => left-- > 0;
  await Promise.all(Array.from({ length: connections }, () => drain(port, request, hasNext)));
}

async function drain(port: number, request: string, hasNext: () => boolean): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  try {
    while (hasNext()) await exchange(socket, request);
  } finally {
    socket.destroy();
  }
}

function exchange(socket: Socket, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const finish = (error?: Error) => {
      socket.off('data', onData).off('error', finish).off('close', onClose);
      if (error) reject(error);
      else resolve();
    };
    const onClose = () => finish(new Error('The connection was closed'));
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!text.startsWith('HTTP/1.1 200')) return finish(new Error(`Unexpected answer: ${text.slice(0, 300)}`));
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      if (text.length >= end + 4 + length) finish();
    };
    socket.on('data', onData).on('error', finish).on('close', onClose);
    socket.write(request);
  });
}
