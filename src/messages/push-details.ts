/** What a push has besides recipient (the device token), title (`subject`) and text. */
export interface PushDetails {
  /** The push service that the device token belongs to: `apns`, `gcm`, or a manufacturer's. */
  service: string;
  /** The number on the icon of the app. */
  badge?: number | undefined;
  /** The name of a sound in the app; null for none. By default the sound that the user has chosen. */
  sound?: string | null | undefined;
  /** A push replaces an earlier one with the same id. At most 64 bytes. */
  collapse_id?: string | undefined;
  /** The bundle id of an app of Apple's, when it is not the one of the configuration. */
  topic?: string | undefined;
  /** For the program on the device. */
  data?: Readonly<Record<string, string>> | undefined;
}

/** The details of a queued push. */
export const pushDetailsOf = ({ push }: { push: string | null }): PushDetails =>
  JSON.parse(push ?? '{"service":""}') as PushDetails;
