/** What members of the group tell its leader, and the leader them: JSON, so that stock tools show it. */
import { millraceError } from '@millrace/base';
import type { ClusterView } from '../application/cluster-view.ts';

/** A member's user data in JoinGroup. */
export interface MemberData {
  readonly processId: string;
  /** Index of the stream thread in its process. */
  readonly thread: number;
  readonly fingerprint: string;
  /** Tasks whose state this process has on its disk -> sum of their changelog offsets, 0 when unknown. */
  readonly stored: Readonly<Record<string, number>>;
  /** The member asks all instances to end (JVM: SHUTDOWN_APPLICATION). */
  readonly shutdown?: boolean;
  /** application.server of the process; absent: none. */
  readonly host?: string;
}

const version = 1;

export function encodeMemberData(data: MemberData): Buffer {
  return Buffer.from(JSON.stringify({ version, ...data }));
}

/** Throws MR_RUNTIME_FOREIGN_MEMBER for bytes that are not a worker's. Fields of later versions are ignored. */
export function decodeMemberData(memberId: string, bytes: Buffer): MemberData {
  const data = parsed<MemberData>(bytes);
  if (typeof data?.processId !== 'string' || typeof data.fingerprint !== 'string' || !Number.isInteger(data.thread))
    throw millraceError('MR_RUNTIME_FOREIGN_MEMBER', { memberId });
  return data;
}

/** The leader's word to one member. */
export interface Verdict {
  /** The group's fingerprint: the member was refused for having another. */
  readonly refusedFor?: string;
  /** Tasks that the member had are given to nobody before it has joined again. */
  readonly mustRejoin?: boolean;
  /** A member asks all instances to end. */
  readonly shutdown?: boolean;
  /** Who has what; absent where nobody asks for it. */
  readonly cluster?: ClusterView;
}

export function encodeVerdict(verdict: Verdict): Buffer {
  return Object.keys(verdict).length === 0 ? Buffer.alloc(0) : Buffer.from(JSON.stringify({ version, ...verdict }));
}

export function decodeVerdict(bytes: Buffer): Verdict {
  return (bytes.length === 0 ? undefined : parsed<Verdict>(bytes)) ?? {};
}

function parsed<T>(bytes: Buffer): T | undefined {
  try {
    return JSON.parse(bytes.toString()) as T;
  } catch {
    return undefined;
  }
}
