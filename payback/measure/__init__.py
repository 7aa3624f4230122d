"""What payback measure does: a real endpoint under load, answered in numbers that a projection can use.

Read in this order:
- endpoint   where calls go, and what each one asks for
- prompts    made-up text of about the wanted size, different for each call
- answer     one streamed answer, sans-IO: when its pieces came, what the server says it used
- calling    one call: the only module that talks to the server
- step       what the calls of one concurrency come to; pure statistics
- growth     when more at once brings no more
- ramp       probe, then step after step, bounded in time and in calls
- plan_row   the best step as a table of a plan, and where it is written
- told       the load, its steps and what they came to, for people and for programs"""
