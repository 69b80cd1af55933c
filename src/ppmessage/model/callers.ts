import { sql } from 'kysely';
import type { AppKey } from '../database/tables.ts';

/** The caller: the app and the user of an access token, and what the token may do in the operation at hand. */
export interface Caller {
  appUuid: string;
  /** The key's own uuid, which stands for the app too (P-14). */
  apiUuid: string;
  apiKey: string;
  tokenId: string;
  /** Null when the key acts without a user: the widget for its visitors, the console before the sign-in (P-57). */
  userUuid: string | null;
  /** One of the original's own programs, which get numbers where the document has text (P-60). */
  isOwnProgram: boolean;
  /** The owner of the app at a console, who may act for every user of the app. */
  managesUsers: boolean;
}

/** Names something of the token's app, which need not be known to exist. */
export const keyIn = ({ appUuid }: Caller, uuid: string): AppKey => ({ app_uuid: appUuid, uuid });

/** The widget's token: any visitor of a shop's page has its key, so it sees no more of agents than their cards (P-65). */
export const isWidget = ({ isOwnProgram, userUuid }: Caller): boolean => isOwnProgram && userUuid === null;

/** Whether the token may act for a user (P-22): the owner at a console for all of the app, others for themselves and customers. */
export const mayActFor = (caller: Caller, user: { uuid: string; is_service_user: 0 | 1 }): boolean =>
  caller.managesUsers || user.uuid === caller.userUuid || user.is_service_user === 0;

/** `mayActFor` as a condition of a query, on a column that holds the uuid of a user of the app. */
export const mayActForColumn = (caller: Caller, column: string) =>
  caller.managesUsers
    ? sql<boolean>`1 = 1`
    : sql<boolean>`exists (
        select 1 from ppmessage_users as subject
        where subject.app_uuid = ${caller.appUuid} and subject.uuid = ${sql.ref(column)}
          and (subject.uuid = ${caller.userUuid ?? ''} or subject.is_service_user = 0)
      )`;
