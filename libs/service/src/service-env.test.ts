import { expect, test } from '@jest/globals';
import { MillraceError } from '@millrace/base';
import { EnvReader, readServiceSettings } from './service-env.ts';

test('all faults are reported at once', () => {
  const reader = new EnvReader({ HTTP_PORT: 'x', LOG_LEVEL: 'loud' });
  readServiceSettings(reader);
  reader.required('APPLICATION_ID', 'trending');
  const error = (() => {
    try {
      reader.finish();
    } catch (caught) {
      return caught;
    }
    return undefined;
  })();
  expect(MillraceError.is(error) && error.code).toBe('MR_CONFIG_ENV');
  expect((error as Error).message).toMatch(/HTTP_PORT is 'x'.*LOG_LEVEL is 'loud'.*APPLICATION_ID is not set/);
});

test('a secret comes from the file that NAME_FILE names', () => {
  const reader = new EnvReader({ SASL_PASSWORD_FILE: '/run/secret' });
  expect(reader.secret('SASL_PASSWORD', () => 'hidden\n')).toBe('hidden');
});
