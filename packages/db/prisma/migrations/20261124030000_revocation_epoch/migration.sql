-- AlterTable
-- The row that is there gets a random value. Later ones are written with one.
ALTER TABLE "revocation_counter" ADD COLUMN     "epoch" TEXT NOT NULL DEFAULT gen_random_uuid()::text;
ALTER TABLE "revocation_counter" ALTER COLUMN "epoch" DROP DEFAULT;

-- CreateIndex
CREATE INDEX "revocations_id_idx" ON "revocations"("id");
