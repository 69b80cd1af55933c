import type { Transporter } from 'nodemailer';
import type { QueuedMessage } from './queue.ts';
import { DeliveryError, errorCode, type Transport } from './transport.ts';

/** In milliseconds, for one step of the conversation, and for the whole of it. */
const STEP_TIMEOUT = 10_000;
const TIMEOUT = 30_000;

/**
 * Sends mail by SMTP. A mail's `Message-ID` is made of the message's id, so that one sent twice can be told.
 *
 * @param url `smtp://user:password@host:port` or `smtps://…`; `?from=` names the sender, otherwise
 *   `no-reply@localhost`. Other parameters are nodemailer's.
 */
export function createMailTransport(url: string): Transport {
  const server = new URL(url);
  const from = server.searchParams.get('from') ?? 'no-reply@localhost';
  server.searchParams.delete('from');
  let opening: Promise<Transporter> | undefined;

  /** Loaded with the first mail, not with the server. */
  async function open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    return createTransport({
      url: server.href,
      connectionTimeout: STEP_TIMEOUT,
      greetingTimeout: STEP_TIMEOUT,
      socketTimeout: STEP_TIMEOUT,
    });
  }

  return {
    async send(message) {
      opening ??= open();
      const sending = (await opening).sendMail(toMail(message, from));
      await inTime(sending).catch((error) => {
        throw error instanceof DeliveryError ? error : new DeliveryError(reason(error));
      });
    },
    close() {
      void opening?.then((transporter) => transporter.close());
    },
  };
}

function toMail({ id, recipient, subject, format, body, created_at }: QueuedMessage, from: string) {
  const domain = /@([^@<>\s]+)/.exec(from)?.[1] ?? 'localhost';
  return {
    from,
    // As an object it is one address: text with a comma in it would be read as several.
    to: { name: '', address: recipient },
    subject: subject ?? '',
    [format]: body,
    date: new Date(created_at),
    messageId: `<${id}@${domain}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/** Only codes: the server's words may quote the recipient or the text. */
function reason(error: unknown): string {
  const { responseCode } = error as { responseCode?: number };
  return responseCode === undefined
    ? errorCode(error)
    : `${errorCode(error)}, the mail server answered ${responseCode}`;
}

/** The steps have their limits, but a server may drag on by answering a little each time. */
async function inTime(sending: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeliveryError(`not sent within ${TIMEOUT / 1000} s`)), TIMEOUT);
  });
  await Promise.race([sending, tooLate]).finally(() => clearTimeout(timer));
}
