# Verifies Signet's access tokens with ruby-jwt: a token per line in, claims or a refusal per line out.

require "json"
require "jwt"
require "net/http"

ALGORITHM = ENV.fetch("ALGORITHM")
SHARED_SECRET = ENV["SHARED_SECRET"]
$stdout.sync = true

fetch_keys = ->(_options) { JSON.parse(Net::HTTP.get(URI(ENV.fetch("JWKS_URL"))), symbolize_names: true) }
keys = SHARED_SECRET ? {} : { jwks: fetch_keys }
expected = {
  algorithms: [ALGORITHM],
  iss: ENV.fetch("ISSUER"), verify_iss: true,
  aud: ENV.fetch("AUDIENCE"), verify_aud: true,
  required_claims: %w[iss aud exp sub]
}

$stdin.each_line(chomp: true) do |token|
  claims, header = JWT.decode(token, SHARED_SECRET, true, expected.merge(keys))
  raise JWT::DecodeError, "not an access token" unless header["typ"] == "at+jwt"

  puts claims.to_json
rescue JWT::DecodeError, JWT::JWKError => error
  puts({ refused: error.message }.to_json)
end
