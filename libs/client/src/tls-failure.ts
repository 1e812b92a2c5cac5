/** A TLS connection that does not come about, told apart by what can be done about it. */
import { millraceError } from '@millrace/base';
import type { Address } from '@millrace/ports';

/** What OpenSSL says when the other side speaks something else. */
const notTls = /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST)$/;
const certificate = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)|HOSTNAME_MISMATCH/;

/** The error for a failure of a TLS connection before anything was read; others come back as they are. */
export function tlsFailure(error: Error, { host, port }: Address): Error {
  const address = `${host}:${port}`;
  const { code = '', reason = error.message } = error as NodeJS.ErrnoException & { readonly reason?: string };
  // A plaintext broker takes the first bytes for a length, finds it too large and hangs up. So does one that is going down.
  if (notTls.test(code) || code === 'ECONNRESET') return millraceError('MR_CLIENT_TLS_NOT_OFFERED', { address }, error);
  if (code.startsWith('ERR_SSL_')) return millraceError('MR_CLIENT_TLS_REFUSED', { address, reason }, error);
  if (certificate.test(code)) return millraceError('MR_CLIENT_TLS_CERTIFICATE', { address, reason }, error);
  return error;
}
