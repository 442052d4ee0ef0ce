-- AlterTable
ALTER TABLE "users" ALTER COLUMN "password_hash" DROP NOT NULL;

-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "amr" TEXT NOT NULL DEFAULT 'pwd';

-- CreateTable
CREATE TABLE "provider_accounts" (
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "linked_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "provider_accounts_pkey" PRIMARY KEY ("issuer","subject")
);

-- CreateTable
CREATE TABLE "hand_over_codes" (
    "code_hash" TEXT NOT NULL,
    "transaction_hash" TEXT NOT NULL,
    "challenge" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "preferred_username" TEXT,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "sign_up_until" TIMESTAMPTZ(3),
    "session_id" TEXT,

    CONSTRAINT "hand_over_codes_pkey" PRIMARY KEY ("code_hash")
);

-- CreateIndex
CREATE UNIQUE INDEX "provider_accounts_user_id_issuer_key" ON "provider_accounts"("user_id", "issuer");

-- CreateIndex
CREATE UNIQUE INDEX "hand_over_codes_transaction_hash_key" ON "hand_over_codes"("transaction_hash");

-- CreateIndex
CREATE INDEX "hand_over_codes_expires_at_idx" ON "hand_over_codes"("expires_at");

-- AddForeignKey
ALTER TABLE "provider_accounts" ADD CONSTRAINT "provider_accounts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
