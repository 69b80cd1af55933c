/** The owners of stored queues: a uid is the owner of the user's own queue, negative numbers belong to groups. */

/** Keeps the owners of groups' queues apart from those of super groups. */
export const GROUP_QUEUES = 2 ** 50;

/** The owner of the queue of what every member of a group gets. */
export const groupQueue = (gid: number): number => -gid - GROUP_QUEUES;

/** The owner of the queue of a super group's messages: the negative id of the group. */
export const superGroupQueue = (gid: number): number => -gid;
