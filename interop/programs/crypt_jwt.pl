# Verifies Signet's access tokens with Crypt::JWT: a token per line in, claims or a refusal per line out.

use strict;
use warnings;
use Crypt::JWT qw(decode_jwt);
use HTTP::Tiny;
use JSON::PP;

$| = 1;
my $json = JSON::PP->new->canonical;
my $shared_secret = $ENV{SHARED_SECRET};

sub verify {
    my ($token) = @_;
    my ($header, $claims) = decode_jwt(
        token         => $token,
        decode_header => 1,
        accepted_alg  => $ENV{ALGORITHM},
        verify_iss    => sub { ($_[0] // '') eq $ENV{ISSUER} },
        verify_aud    => sub { grep { $_ eq $ENV{AUDIENCE} } ref $_[0] ? @{ $_[0] } : $_[0] // '' },
        verify_exp    => 1,
        verify_sub    => sub { length($_[0] // '') },
        $shared_secret ? (key => $shared_secret) : (kid_keys => keys_of_issuer()),
    );
    die "not an access token\n" unless ($header->{typ} // '') eq 'at+jwt';
    return $claims;
}

sub keys_of_issuer {
    my $answer = HTTP::Tiny->new(timeout => 5)->get($ENV{JWKS_URL});
    die "no keys\n" unless $answer->{success};
    return $json->decode($answer->{content});
}

while (my $token = <STDIN>) {
    chomp $token;
    my $answer = eval { verify($token) } || { refused => "$@" };
    print $json->encode($answer), "\n";
}
