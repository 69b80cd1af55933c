import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';

/** One call that a gateway received. */
export interface WebhookCall {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A gateway for SMS or WeChat on a local port; `answer` chooses the status for a call. Closed after the test. */
export async function receiveWebhooks(answer: (call: WebhookCall) => number | Promise<number> = () => 204) {
  const calls: WebhookCall[] = [];
  const server = createServer(async (request, response) => {
    const call = { method: request.method, path: request.url, headers: request.headers, body: await text(request) };
    calls.push(call);
    response.writeHead(await answer(call), { Location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://:s%40fe@${host}/messages?from=qiyue`, secret: 's@fe', calls };
}

/** One mail that a server received. */
export interface Mail {
  from: string;
  to: string[];
  /** With its headers. */
  source: string;
}

/** A mail server on a local port that requires a password; `rejects` chooses the mails that it rejects. */
export async function receiveMail(rejects: (mail: Mail) => boolean = () => false) {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, done) {
      if (username === 'qiyue' && password === 's@fe') done(null, { user: username });
      else done(new Error('Wrong password'));
    },
    async onData(stream, { envelope }, done) {
      const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
      const mail = { from, to: envelope.rcptTo.map(({ address }) => address), source: await text(stream) };
      if (rejects(mail)) return done(Object.assign(new Error('No mail about 123456'), { responseCode: 451 }));
      mails.push(mail);
      done();
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)));
  const host = `127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return { url: `smtp://qiyue:s%40fe@${host}`, wrongUrl: `smtp://qiyue:hunter2@${host}`, mails };
}
