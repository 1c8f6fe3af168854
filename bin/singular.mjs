#!/usr/bin/env node
import '../scripts/singular.mjs';
