import type { Context } from '../../context.ts';
import type { LimitRule } from '../../limits.ts';
import type { Profile } from '../profile.ts';
import { isKnownNetwork } from './known-networks.ts';

/** Limits of wrong passwords and codes. */

/** Where a guess comes from. */
export interface GuessOrigin {
  network: string;
  /** The client that sends the guess; absent in a browser. */
  clientId?: string | undefined;
}

/** A password or code that may be wrong. */
export interface Guess extends GuessOrigin {
  /** What wrong guesses are counted for, such as the login as it was typed. */
  subject: string;
  /** The account; undefined when there is none. */
  userId: string | undefined;
}

/**
 * Checks a guess and counts it when it is wrong. Wrong guesses are counted for the subject over all clients and
 * networks, for the network and for the client. From a network that the user has signed in from they are counted only
 * for the subject on this network: guesses of strangers do not lock the user out.
 *
 * An unknown account is counted like a known one: the limit does not reveal which accounts exist.
 *
 * @throws HttpError too_many_requests
 */
export async function limitGuesses(
  profile: Profile,
  guess: Guess,
  context: Context,
  check: () => Promise<boolean>,
): Promise<boolean> {
  const { database, limits } = context;
  // In turn: otherwise a burst of guesses is over before the limits have counted it.
  return limits.inTurn(`network ${guess.network}`, () =>
    limits.inTurn(`${profile.api} ${guess.subject}`, async () => {
      // Also without an account, so that it takes as long.
      const isKnown = await isKnownNetwork(database, profile, guess.userId ?? '', guess.network);
      const budgets = isKnown ? [budgetOfKnown(profile, guess, context)] : budgetsOfUnknown(profile, guess, context);
      for (const { rule, key } of budgets) await limits.check(rule, key);
      if (await check()) {
        // The other counters stay: an attacker could reset them by signing in to an account of their own.
        if (isKnown) for (const { rule, key } of budgets) await limits.reset(rule, key);
        return true;
      }
      const counted = await Promise.allSettled(budgets.map(({ rule, key }) => limits.consume(rule, key)));
      for (const result of counted) if (result.status === 'rejected') throw result.reason;
      return false;
    }),
  );
}

/** One limit and what it counts for. */
interface Budget {
  rule: LimitRule;
  key: string;
}

const budgetOfKnown = ({ api }: Profile, { network, subject }: Guess, { config }: Context): Budget => ({
  rule: rule('guesses-known', config.wrongGuesses),
  key: `${network} ${api} ${subject}`,
});

const budgetsOfUnknown = ({ api }: Profile, { network, clientId, subject }: Guess, { config }: Context): Budget[] => [
  { rule: rule('guesses', config.wrongGuesses), key: `${api} ${subject}` },
  { rule: rule('guesses-network', config.addressGuesses), key: network },
  ...(clientId === undefined
    ? []
    : [{ rule: rule('guesses-client', config.addressGuesses), key: `${api} ${clientId}` }]),
];

const rule = (name: string, points: number): LimitRule => ({ name, points, seconds: 300, block: 60 });
