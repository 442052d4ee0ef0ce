"""Verifies Signet's access tokens with PyJWT: a token per line in, claims or a refusal per line out."""

import json
import os
import sys

import jwt

ALGORITHM = os.environ["ALGORITHM"]
SHARED_SECRET = os.environ.get("SHARED_SECRET")
KEYS = jwt.PyJWKClient(os.environ["JWKS_URL"])


def verify(token: str) -> dict:
    key = SHARED_SECRET or KEYS.get_signing_key_from_jwt(token).key
    claims = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        issuer=os.environ["ISSUER"],
        audience=os.environ["AUDIENCE"],
        options={"require": ["iss", "aud", "exp", "sub"]},
    )
    if jwt.get_unverified_header(token).get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    return claims


for line in sys.stdin:
    try:
        print(json.dumps(verify(line.strip())), flush=True)
    except jwt.PyJWTError as error:
        print(json.dumps({"refused": str(error)}), flush=True)
