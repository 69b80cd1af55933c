import type { Generated } from 'kysely';

/** Tables of src/tower. */
export interface TowerTables {
  tower_users: TowerUsersTable;
  tower_teams: TowerTeamsTable;
  tower_members: TowerMembersTable;
  tower_subgroups: TowerSubgroupsTable;
  tower_subgroup_members: TowerSubgroupMembersTable;
}

/** Users can sign in. A user has one member in each team. */
export interface TowerUsersTable {
  /** 32 lower-case hex digits, like all ids of Tower (T-31). */
  id: string;
  /** Lower case. */
  username: string;
  email: string;
  nickname: string;
  /** URL of a picture. */
  gavatar: string;
  /** argon2id. */
  password_hash: string;
  /** 1: signing in takes a code besides the password. */
  second_step: Generated<0 | 1>;
  created_at: number;
  updated_at: number;
}

export interface TowerTeamsTable {
  id: string;
  name: string;
  created_at: number;
  updated_at: number;
}

/** A user's membership in one team, with a nickname and a picture of its own. */
export interface TowerMembersTable {
  id: string;
  team_id: string;
  user_id: string;
  nickname: string;
  gavatar: string;
  role: 'owner' | 'admin' | 'member';
  is_active: Generated<0 | 1>;
  comment: string | null;
  phone: string | null;
  created_at: number;
  updated_at: number;
}

export interface TowerSubgroupsTable {
  id: string;
  team_id: string;
  name: string;
  created_at: number;
  updated_at: number;
}

export interface TowerSubgroupMembersTable {
  subgroup_id: string;
  member_id: string;
}

declare module '../../database/tables.ts' {
  interface Tables extends TowerTables {}
}
