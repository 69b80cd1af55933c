import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createMailTransport } from '../../src/messages/mail.ts';
import type { QueuedMessage } from '../../src/messages/queue.ts';
import { createWebhookTransport } from '../../src/messages/webhook.ts';
import { receiveMail, receiveWebhooks } from './receivers.ts';

const message: QueuedMessage = {
  id: '019a8f2e-7b1c-7000-8a4b-5d3f9e2c1a70',
  api: 'tower',
  channel: 'sms',
  recipient: '+8613800000000',
  subject: null,
  format: 'text',
  body: '验证码 123456',
  code: '123456',
  push: null,
  status: 'queued',
  attempts: 1,
  next_attempt_at: 0,
  claim: null,
  renewals: 0,
  last_error: null,
  created_at: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  sent_at: null,
};

describe('the webhook', () => {
  it('posts the message, signed with the secret of the URL', async () => {
    const { url, secret, calls } = await receiveWebhooks();
    await createWebhookTransport(url, { now: () => 1_700_000_000_999 }).send(message);
    const [call] = calls;
    expect(call).toMatchObject({ method: 'POST', path: '/messages?from=qiyue' });
    expect(JSON.parse(call?.body ?? '')).toEqual({
      id: message.id,
      channel: 'sms',
      to: '+8613800000000',
      body: '验证码 123456',
      code: '123456',
      created_at: '2026-01-02T03:04:05.678Z',
    });
    expect(call?.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': message.id });
    expect(call?.headers).not.toHaveProperty('authorization');
    const signature = createHmac('sha256', secret).update(`1700000000.${call?.body}`).digest('hex');
    expect(call?.headers['qiyue-signature']).toBe(`t=1700000000,v1=${signature}`);
  });

  it('does not sign without a secret', async () => {
    const { url, calls } = await receiveWebhooks();
    const { protocol, host } = new URL(url);
    await createWebhookTransport(`${protocol}//${host}/`, systemClock).send({ ...message, code: null });
    expect(calls[0]?.headers).not.toHaveProperty('qiyue-signature');
    expect(JSON.parse(calls[0]?.body ?? '')).toMatchObject({ code: null });
  });

  it.each([500, 404, 302])('fails when the gateway answers %i', async (status) => {
    const { url, calls } = await receiveWebhooks(() => status);
    await expect(createWebhookTransport(url, systemClock).send(message)).rejects.toThrow(
      `the gateway answered ${status}`,
    );
    expect(calls).toHaveLength(1);
  });

  it('fails when no gateway answers, with an error without secrets', async () => {
    const port = await unusedPort();
    const sending = createWebhookTransport(`http://:s%40fe@127.0.0.1:${port}/`, systemClock).send(message);
    await expect(sending).rejects.toThrow(/^ECONNREFUSED$/);
  });
});

describe('mail', () => {
  const mail: QueuedMessage = { ...message, channel: 'email', recipient: 'ann@example.com', subject: '契约 code' };

  it('is sent to the recipient with the same Message-ID each time', async () => {
    const { url, mails } = await receiveMail();
    const transport = createMailTransport(url);
    await transport.send(mail);
    await transport.send(mail);
    transport.close();
    expect(mails).toHaveLength(2);
    for (const { from, to, source } of mails) {
      expect({ from, to }).toEqual({ from: 'no-reply@localhost', to: ['ann@example.com'] });
      expect(source).toContain(`Message-ID: <${mail.id}@localhost>`);
      expect(source).toContain('Date: Fri, 02 Jan 2026 03:04:05 +0000');
      expect(source).toMatch(/^Subject: =\?UTF-8\?/m);
    }
  });

  it('has the sender that the URL names', async () => {
    const { url, mails } = await receiveMail();
    await createMailTransport(`${url}?from=${encodeURIComponent('Qiyue <hello@qiyue.example>')}`).send(mail);
    expect(mails[0]?.from).toBe('hello@qiyue.example');
    expect(mails[0]?.source).toContain('From: Qiyue <hello@qiyue.example>');
    expect(mails[0]?.source).toContain(`Message-ID: <${mail.id}@qiyue.example>`);
  });

  it('is sent to one address when the recipient holds a comma', async () => {
    const { url, mails } = await receiveMail();
    const sending = createMailTransport(url).send({ ...mail, recipient: 'ann@example.com, bob@example.com' });
    await sending.catch(() => {});
    expect(mails.flatMap(({ to }) => to)).not.toContain('bob@example.com');
  });

  it('fails with codes only, without password or text', async () => {
    const { url, wrongUrl } = await receiveMail(() => true);
    const rejected = /^EMESSAGE, the mail server answered 451$/;
    await expect(createMailTransport(url).send(mail)).rejects.toThrow(rejected);
    await expect(createMailTransport(wrongUrl).send(mail)).rejects.toThrow(/^EAUTH, the mail server answered 535$/);
    const port = await unusedPort();
    await expect(createMailTransport(`smtp://127.0.0.1:${port}`).send(mail)).rejects.toThrow(/^E[A-Z]+$/);
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
