/** The content policy forbids making code from text; zod would try it once and leave an error in the console. */
import { config } from 'zod';

config({ jitless: true });
