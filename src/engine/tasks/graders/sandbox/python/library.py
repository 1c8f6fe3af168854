# What answers and the sandbox itself use most, imported beforehand: it need not be read again for every row, nor for every start.
import ast, asyncio, bisect, builtins, cmath, collections, contextlib, copy, datetime, decimal, dis, enum, fractions, functools, heapq, io, itertools, json, marshal, math, operator, pickle, random, re, statistics, string, sys, time, types, typing
