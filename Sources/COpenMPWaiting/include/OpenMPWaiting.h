// Nothing to call: linking the target is enough. See OpenMPWaiting.c.
#pragma once
