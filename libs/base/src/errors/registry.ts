import { define } from './define.ts';

/** Errors of the registry area; every code starts with MR_REGISTRY_. */
export const registryErrors = {
  MR_REGISTRY_UNREACHABLE: define<{ url: string; doing: string; problem: string }>({
    severity: 'retriable',
    message: ({ url, doing, problem }) => `The schema registry at ${url} did not answer ${doing}: ${problem}.`,
    remedy: () => 'It is tried again. If it lasts, check schema.registry.url and that the registry runs.',
  }),
  MR_REGISTRY_SCHEMA_UNKNOWN: define<{ id: number }>({
    severity: 'record',
    message: ({ id }) => `The schema registry has no schema ${id}.`,
    remedy: () => 'Check that the producer of the record and this application use the same registry.',
  }),
  MR_REGISTRY_INCOMPATIBLE: define<{ subject: string; level: string; why: string }>({
    severity: 'user',
    message: ({ subject, level, why }) =>
      `The schema does not fit the earlier ones of subject '${subject}' (compatibility ${level}): ${why}.`,
    remedy: () =>
      'Give new fields a default and keep the types of old ones, or change the compatibility of the subject.',
  }),
  MR_REGISTRY_REFUSED: define<{ doing: string; status: number; errorCode: number; why: string }>({
    severity: 'user',
    message: ({ doing, status, errorCode, why }) =>
      `The schema registry refused ${doing} with ${status} (code ${errorCode}): ${why}.`,
    remedy: () => 'Correct what it names; asking again would give the same answer.',
  }),
  MR_REGISTRY_UNAUTHORIZED: define<{ url: string; status: number }>({
    severity: 'user',
    message: ({ url, status }) => `The schema registry at ${url} does not let this application in (${status}).`,
    remedy: () => 'Check the user and the password or token for the registry, and its rights on the subject.',
  }),
  MR_REGISTRY_NOT_A_REGISTRY: define<{ url: string; problem: string }>({
    severity: 'user',
    message: ({ url, problem }) => `What answers at ${url} is not a schema registry: ${problem}.`,
    remedy: () =>
      'Correct schema.registry.url, its path too: Confluent serves at /, Apicurio at /apis/ccompat/v7. Redirects are not followed.',
  }),
};
