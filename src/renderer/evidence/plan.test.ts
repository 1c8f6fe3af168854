import { expect, it } from 'vitest';
import { planFileOf } from './plan.ts';

it('the plan is saved under the name that the command reads, out of its quotes', () => {
  expect(planFileOf('npm run -s singular -- compare adaptation.json')).toBe('adaptation.json');
  expect(planFileOf("npm run -s singular -- compare 'Tom'\\''s plan, 2.json'")).toBe("Tom's plan, 2.json");
  expect(planFileOf("npm run -s singular -- compare 'Tom''s plan.json'")).toBe("Tom's plan.json");
});
