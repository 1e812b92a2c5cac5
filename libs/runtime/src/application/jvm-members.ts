/**
 * The same application on the JVM. Its instances share the work out with another assignor (`stream`), so the broker lets nobody join beside them; here
 * it is said by name before anything is made.
 */
import { MillraceError, millraceError } from '@millrace/base';
import type { Admin, DescribedMember } from '@millrace/ports';
import { decodeSubscriptionInfo } from '@millrace/protocol';

const jvmAssignor = 'stream';

/** Members of a group that are stream threads of the JVM library, as text. While the group rebalances nobody knows what they are. */
export async function jvmMembers(admin: Admin, groupId: string): Promise<readonly string[]> {
  const { protocol, members } = await admin.describeGroup(groupId);
  return protocol === jvmAssignor ? members.map(memberText) : [];
}

/** Throws MR_RUNTIME_JVM_MEMBER when the application runs on the JVM. */
export async function requireNoJvmMembers(admin: Admin, applicationId: string): Promise<void> {
  const members = await jvmMembers(admin, applicationId);
  if (members.length > 0) throw millraceError('MR_RUNTIME_JVM_MEMBER', { applicationId, members });
}

function memberText({ clientId, clientHost, userData }: DescribedMember): string {
  const at = clientHost.replace(/^\//, '');
  try {
    const { processId, endpoint } = decodeSubscriptionInfo(userData);
    return `${clientId} at ${endpoint ?? at} (process ${processId})`;
  } catch (error) {
    if (!MillraceError.is(error)) throw error;
    return `${clientId} at ${at}`;
  }
}
