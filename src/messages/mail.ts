import type { Transporter } from 'nodemailer';
import type { QueuedMessage } from './queue.ts';
import { DeliveryError, errorCode, type Transport } from './transport.ts';

/** Timeout of one step of the SMTP dialogue. */
const STEP_TIMEOUT_MS = 10_000;
/** Timeout of the whole dialogue. */
const TIMEOUT_MS = 30_000;

/**
 * Sends mail by SMTP. The `Message-ID` is made of the message's id, so that receivers recognise a mail that is sent
 * twice.
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
      connectionTimeout: STEP_TIMEOUT_MS,
      greetingTimeout: STEP_TIMEOUT_MS,
      socketTimeout: STEP_TIMEOUT_MS,
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
    // An object is one address; a string with a comma would be read as several.
    to: { name: '', address: recipient },
    subject: subject ?? '',
    [format]: body,
    date: new Date(created_at),
    messageId: `<${id}@${domain}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/** The reason of a failure, from codes only: the server's text may quote the recipient or the message. */
function reason(error: unknown): string {
  const { responseCode } = error as { responseCode?: number };
  return responseCode === undefined
    ? errorCode(error)
    : `${errorCode(error)}, the mail server answered ${responseCode}`;
}

/** Limits the whole dialogue: a server may be slow at every step and still meet the timeout of each. */
async function inTime(sending: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeliveryError(`not sent within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  });
  await Promise.race([sending, tooLate]).finally(() => clearTimeout(timer));
}
