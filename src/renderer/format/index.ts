export * from './numbers.ts';
export * from './time.ts';
