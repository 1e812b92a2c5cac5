import { expect, test } from '@jest/globals';
import avsc from 'avsc';
import { inlined, referencesOf } from './schema-references.ts';

const money = JSON.stringify({ type: 'record', name: 'Money', fields: [{ name: 'cents', type: 'long' }] });

test('a type is written out where it stands first, and is a name afterwards', () => {
  const order = {
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'price', type: 'Money' },
      { name: 'parts', type: { type: 'array', items: ['null', 'Money'] } },
      { name: 'note', type: 'string', default: 'Money' },
    ],
  };
  const whole = inlined(JSON.stringify(order), new Map([['Money', money]]));
  const type = avsc.Type.forSchema(JSON.parse(whole) as avsc.Schema);
  const value = { price: { cents: 5 }, parts: [null, { cents: 6 }], note: 'Money' };
  expect(type.fromBuffer(type.toBuffer(value))).toEqual(value);
  expect(JSON.parse(whole)).toMatchObject({
    fields: [{}, { type: { items: ['null', 'Money'] } }, { default: 'Money' }],
  });
});

test('a name means the type of the namespace that it stands in', () => {
  const order = {
    type: 'record',
    name: 'shop.Order',
    fields: [{ name: 'prices', type: { type: 'map', values: 'Money' } }],
  };
  expect(inlined(JSON.stringify(order), new Map([['Money', money]]))).toBe(JSON.stringify(order));
  const whole = inlined(
    JSON.stringify(order),
    new Map([['shop.Money', JSON.stringify({ ...(JSON.parse(money) as object), namespace: 'shop' })]]),
  );
  expect(avsc.Type.forSchema(JSON.parse(whole) as avsc.Schema).isValid({ prices: { a: { cents: 1 } } })).toBe(true);
});

test('what is no reference is none', () => {
  expect(referencesOf({ references: 'x' })).toEqual([]);
  expect(referencesOf({ references: [null, { name: 1 }, { name: 'a', subject: 's', version: 1 }] })).toHaveLength(1);
});
