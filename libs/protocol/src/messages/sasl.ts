/** Authentication. */
import { defineApi } from '../api.ts';
import { array, bytes, int16, int64, string } from '../wire/field.ts';

/** SaslHandshake, API key 17. */
export const saslHandshake = defineApi({
  key: 17,
  name: 'SaslHandshake',
  versions: '0-1',
  request: {
    mechanism: string(),
  },
  response: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
});

/** SaslAuthenticate, API key 36. */
export const saslAuthenticate = defineApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: '0-2',
  flexible: '2+',
  request: {
    authBytes: bytes(),
  },
  response: {
    errorCode: int16(),
    errorMessage: string('0+', { nullable: '0+' }),
    authBytes: bytes(),
    sessionLifetimeMs: int64('1+', { ignorable: true }),
  },
});
