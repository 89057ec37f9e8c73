"""The same row by a bare route: no token, no policy, no row-level security, no log. For comparison.

python -m tests.bench.gateway.bare DATABASE_URL PORT
"""

import sys

import uvicorn
from fastapi import FastAPI, Response
from sqlalchemy import Engine, create_engine, text

ROW = text("SELECT body FROM registry_resource WHERE type = 'Patient' AND id = :id AND is_current")


def bare(engine: Engine) -> FastAPI:
    app = FastAPI()

    @app.get("/fhir/R4/Patient/{id_}")
    def read(id_: str) -> Response:
        with engine.connect() as connection:
            body: str = connection.scalar(ROW, {"id": id_}) or ""
        return Response(body, media_type="application/fhir+json")

    return app


if __name__ == "__main__":
    engine = create_engine(sys.argv[1], pool_size=40)
    uvicorn.run(bare(engine), port=int(sys.argv[2]), log_config=None, access_log=False)
