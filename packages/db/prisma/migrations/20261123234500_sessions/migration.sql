-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "attempt_hash" TEXT,
ADD COLUMN     "current_hash" TEXT,
ADD COLUMN     "idle_expires_at" TIMESTAMPTZ(3),
ADD COLUMN     "moved_at" TIMESTAMPTZ(3),
ADD COLUMN     "previous_hash" TEXT,
ADD COLUMN     "refresh_counter" INTEGER,
ADD COLUMN     "refresh_salt" BYTEA,
ADD COLUMN     "refresh_secret_id" TEXT;

-- CreateTable
CREATE TABLE "revocations" (
    "seq" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "revocations_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "revocation_counter" (
    "id" INTEGER NOT NULL,
    "last" BIGINT NOT NULL,

    CONSTRAINT "revocation_counter_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "revocations_expires_at_idx" ON "revocations"("expires_at");

-- The one row that gives out numbers.
INSERT INTO "revocation_counter" ("id", "last") VALUES (1, 0);
