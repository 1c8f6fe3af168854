import { defineConfig } from 'drizzle-kit';

export default defineConfig({ dialect: 'sqlite', schema: ['./src/main/db/schema.ts', './src/main/db/adaptationSchema.ts', './src/main/db/deskSchema.ts'], out: './drizzle' });
