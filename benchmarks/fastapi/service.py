"""FastAPI and python-jose: the example that the idea started from, as its tutorial writes it, and as quick as it can be made."""

import base64
import os

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import JWTError, jwt

ISSUER = "https://issuer.example"
AUDIENCE = "https://api.example"
SECRET = base64.urlsafe_b64decode(os.environ["HS256_SECRET"] + "==")
TUNED = os.environ.get("TUNED") == "true"

app = FastAPI()
bearer = HTTPBearer()


def claims_of(token: str) -> dict:
    try:
        return jwt.decode(token, SECRET, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER)
    except JWTError:
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})


def caller(credentials: HTTPAuthorizationCredentials = Depends(bearer)) -> dict:
    return claims_of(credentials.credentials)


async def caller_without_a_thread(credentials: HTTPAuthorizationCredentials = Depends(bearer)) -> dict:
    return claims_of(credentials.credentials)


if TUNED:

    @app.get("/")
    async def whoami(claims: dict = Depends(caller_without_a_thread)):
        return {"subject": claims["sub"]}

else:

    @app.get("/")
    def whoami(claims: dict = Depends(caller)):
        return {"subject": claims["sub"]}


@app.get("/ready")
def ready():
    return {"ready": True}


# "auto" takes uvloop and httptools where they are installed.
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=not TUNED)
