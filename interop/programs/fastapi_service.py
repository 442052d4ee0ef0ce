"""A FastAPI service that accepts Signet's access tokens: it has public keys, and a list of what was revoked."""

import asyncio
import contextlib
import os
import time

import httpx
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import JWTError, jwt
from jose.exceptions import JOSEError

ISSUER = os.environ.get("ISSUER", "http://localhost:3000")
AUDIENCE = os.environ.get("AUDIENCE", ISSUER)  # must be in the issuer's AUTH_AUDIENCE
ALGORITHM = os.environ.get("ALGORITHM", "ES256")  # this one and no other, whatever a token says
SHARED_SECRET = os.environ.get("SHARED_SECRET")  # with HS256 only: the issuer's AUTH_HS256_SECRET
CLIENT_ID = os.environ.get("CLIENT_ID")  # one of the issuer's RESOURCE_SERVER_CLIENTS; without it
CLIENT_SECRET = os.environ.get("CLIENT_SECRET")  # tokens are good until they expire
JWKS_MAX_AGE_SECONDS = 300
JWKS_COOLDOWN_SECONDS = float(os.environ.get("JWKS_COOLDOWN_SECONDS", "30"))


class Keys:
    """The issuer's public keys by their id. While the issuer is down, those that were read last."""

    def __init__(self) -> None:
        self.by_id: dict[str, dict] = {}
        self.asked_at = float("-inf")
        self.asking = asyncio.Lock()

    async def find(self, kid: object) -> dict:
        async with self.asking:
            age = time.monotonic() - self.asked_at
            # Strangers can make up key ids: they may not make us ask more often than this.
            if age >= JWKS_MAX_AGE_SECONDS or (kid not in self.by_id and age >= JWKS_COOLDOWN_SECONDS):
                await self.ask()
        if not self.by_id:
            raise HTTPException(503, "The issuer's keys are not known yet", {"Retry-After": "5"})
        if kid not in self.by_id:
            raise JWTError("no such key")
        return self.by_id[kid]

    async def ask(self) -> None:
        self.asked_at = time.monotonic()
        with contextlib.suppress(httpx.HTTPError, ValueError, KeyError, TypeError):
            async with httpx.AsyncClient(timeout=5) as http:
                answer = await http.get(f"{ISSUER}/.well-known/jwks.json")
            answer.raise_for_status()
            # An empty or broken answer does not replace good keys.
            self.by_id = {key["kid"]: key for key in answer.json()["keys"]} or self.by_id


class Revocations:
    """What the issuer ended: sessions, single tokens, keys. Known within a second."""

    def __init__(self) -> None:
        self.expiry: dict[tuple[str, str], float | None] = {}
        self.read_once = CLIENT_ID is None

    def includes(self, kid: object, claims: dict) -> bool:
        ids = (("key", kid), ("session", claims.get("sid")), ("token", claims.get("jti")))
        return any(entry in self.expiry for entry in ids)

    async def follow(self) -> None:
        epoch, after, wait = None, 0, 0
        async with httpx.AsyncClient(timeout=15, auth=(CLIENT_ID, CLIENT_SECRET or "")) as http:
            while True:
                try:
                    query = {"after": after, "wait": wait}
                    answer = await http.get(f"{ISSUER}/auth/revocations", params=query)
                    answer.raise_for_status()
                    page = answer.json()
                    for entry in page["entries"]:
                        self.expiry[entry["kind"], entry["id"]] = entry["expires_at"]
                    # The issuer came back from a backup: read all of it again, and forget nothing.
                    begin_again = epoch not in (None, page["epoch"]) or page["next"] < after
                    epoch, after = page["epoch"], 0 if begin_again else page["next"]
                    wait = 0 if begin_again or page["more"] else 10
                    self.read_once = self.read_once or wait > 0
                    self.drop_expired()
                except (httpx.HTTPError, ValueError, KeyError, TypeError):
                    await asyncio.sleep(1)

    def drop_expired(self) -> None:
        now = time.time()
        self.expiry = {entry: at for entry, at in self.expiry.items() if at is None or at > now}


keys = Keys()
revocations = Revocations()
bearer = HTTPBearer(auto_error=False)


async def current_claims(credentials: HTTPAuthorizationCredentials | None = Depends(bearer)) -> dict:
    """The claims of the caller's access token; 401 for everybody else."""
    refusal = HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})
    if credentials is None:
        raise refusal
    token = credentials.credentials
    try:
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        if header.get("typ") != "at+jwt" or not isinstance(kid, str):
            raise refusal
        # python-jose checks issuer, audience and expiry only where they are, unless they are required.
        claims = jwt.decode(
            token,
            SHARED_SECRET or await keys.find(kid),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={f"require_{name}": True for name in ("iss", "aud", "exp", "sub")} | {"leeway": 30},
        )
    except JOSEError:
        raise refusal from None
    if revocations.includes(kid, claims):
        raise refusal
    return claims


@contextlib.asynccontextmanager
async def lifespan(_: FastAPI):
    following = asyncio.create_task(revocations.follow()) if CLIENT_ID else None
    yield
    if following:
        following.cancel()


app = FastAPI()
app.router.lifespan_context = lifespan  # the same as FastAPI(lifespan=lifespan), for versions before 0.93 too


@app.get("/protected")
async def protected(claims: dict = Depends(current_claims)) -> dict:
    return {"hello": claims["preferred_username"], "claims": claims}


@app.get("/readyz")
async def ready() -> dict:
    """Send requests here only once this says so: before, it does not know what was revoked."""
    if not revocations.read_once:
        raise HTTPException(503, "The list of revocations is not read yet")
    return {"ready": True}
