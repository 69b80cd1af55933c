/** In a query `+` means a blank; to=+8613800000000, written by hand, means a phone number. */
export const recipientOf = (to: string | undefined): string | undefined => to?.replace(/^ /, '+');
