export * from './numbers.ts';
export * from './time.ts';
export * from './words.ts';
