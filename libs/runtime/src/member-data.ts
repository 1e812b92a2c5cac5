/** What members of the group tell its leader, and the leader them: JSON, so that stock tools show it. */
import { millraceError } from '@millrace/base';

/** A member's user data in JoinGroup. */
export interface MemberData {
  readonly processId: string;
  /** Index of the stream thread in its process. */
  readonly thread: number;
  readonly fingerprint: string;
  /** Tasks whose state this process has on its disk -> sum of their changelog offsets, 0 when unknown. */
  readonly stored: Readonly<Record<string, number>>;
}

const version = 1;

export function encodeMemberData(data: MemberData): Buffer {
  return Buffer.from(JSON.stringify({ version, ...data }));
}

/** Throws MR_RUNTIME_FOREIGN_MEMBER for bytes that are not a worker's. Fields of later versions are ignored. */
export function decodeMemberData(memberId: string, bytes: Buffer): MemberData {
  const data = parsed(bytes);
  if (typeof data?.processId !== 'string' || typeof data.fingerprint !== 'string' || !Number.isInteger(data.thread))
    throw millraceError('MR_RUNTIME_FOREIGN_MEMBER', { memberId });
  return data;
}

/** The leader's word to one member: the group's fingerprint when the member was refused for having another. */
export function encodeVerdict(refusedFor: string | undefined): Buffer {
  return refusedFor === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify({ version, refusedFor }));
}

/** The group's fingerprint if this member was refused. */
export function decodeVerdict(bytes: Buffer): string | undefined {
  return bytes.length === 0 ? undefined : (parsed(bytes) as { refusedFor?: string } | undefined)?.refusedFor;
}

function parsed(bytes: Buffer): MemberData | undefined {
  try {
    return JSON.parse(bytes.toString()) as MemberData;
  } catch {
    return undefined;
  }
}
