// Runs before Next reads the address: a token that came in it is taken out first.

import { captureTokenFromAddress } from "@signet/client";

captureTokenFromAddress();
