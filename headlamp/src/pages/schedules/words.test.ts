import { describe, expect, it } from 'vitest';
import { serverWords } from './words';

const head =
  'Unprocessable Entity - LicenseSyncSchedule.licensing.webex-operator.io "x" is invalid: ';

describe('serverWords', () => {
  it('brings one cause to its field, without the value', () => {
    expect(
      serverWords(`${head}spec.schedule: Invalid value: "61 * * * *": schedule must be five fields`)
    ).toEqual({ at: { schedule: 'schedule must be five fields' }, rest: [] });
  });

  it('takes several causes apart', () => {
    const causes = [
      'spec.spreadSeconds: Invalid value: -1: spec.spreadSeconds in body should be greater than or equal to 0',
      'spec: Invalid value: exactly one of the fields in [customerAccessRef customerAccessSelector] must be set',
      'spec.at[0]: Invalid value: "foo": at must be a date-time such as 2027-01-01T02:00:00Z, with a capital T and Z',
      'spec.every.interval: Invalid value: "1d": interval must be a duration from 1m to 8760h, such as 6h',
      'spec.concurrencyPolicy: Unsupported value: "Allow": supported values: "Forbid", "Replace"',
      'spec.every.firstTime: Invalid value: "x": firstTime must be a date-time',
      'spec.customerAccessRef.name: Required value',
    ];
    const words = serverWords(`${head}[${causes.join(', ')}]`);
    expect(words.rest).toEqual([causes[1]]);
    expect(words.at).toEqual({
      spreadSeconds: 'spec.spreadSeconds in body should be greater than or equal to 0',
      at: 'at must be a date-time such as 2027-01-01T02:00:00Z, with a capital T and Z',
      interval: 'interval must be a duration from 1m to 8760h, such as 6h',
      concurrencyPolicy: 'Unsupported value: "Allow": supported values: "Forbid", "Replace"',
      firstTime: 'firstTime must be a date-time',
      customer: 'Required value',
    });
  });

  it('joins two causes of one field', () => {
    expect(
      serverWords(
        `${head}[spec.schedule: Invalid value: "61-5 * * * *": form, spec.schedule: Invalid value: "61-5 * * * *": range]`
      ).at
    ).toEqual({ schedule: 'form; range' });
  });

  it('is not led astray by values that look like causes', () => {
    const value = String.raw`"a \", spec.timeZone: Invalid value: \"b"`;
    expect(
      serverWords(
        `${head}[spec.schedule: Invalid value: ${value}: no, spec.timeZone: Invalid value: "": short]`
      )
    ).toEqual({
      at: { schedule: 'no', timeZone: 'short' },
      rest: [],
    });
  });

  it('keeps what belongs to no field', () => {
    for (const message of [
      'Conflict - licensesyncschedules.licensing.webex-operator.io "x" already exists',
      'Forbidden - licensesyncschedules.licensing.webex-operator.io is forbidden: User "v" cannot create',
      'Unreachable',
    ]) {
      expect(serverWords(message)).toEqual({ at: {}, rest: [message] });
    }
    const root = '<nil>: Invalid value: the name may have at most 63 characters';
    expect(serverWords(head + root)).toEqual({ at: {}, rest: [root] });
    expect(serverWords(`${head}spec.unknown: Invalid value: 1: no`).rest).toHaveLength(1);
  });
});
