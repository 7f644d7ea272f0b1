/* SPDX-License-Identifier: MIT */
#include "lib/certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { HOUR = 60 * 60, DAY = 24 * HOUR, PATH_BYTES = 4096 };

static FILE *open_file(const char *dir, const char *side, const char *name, const char *mode)
{
	char path[PATH_BYTES];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s-%s.pem", dir, side, name);
	file = fopen(path, mode);
	assert_non_null(file);
	return file;
}

static void put_key(const char *dir, const char *side, EVP_PKEY *key, const char *password)
{
	FILE *file = open_file(dir, side, "key", "w");

	assert_int_equal(PEM_write_PrivateKey(file, key, password ? EVP_aes_256_cbc() : NULL, NULL,
				 0, NULL, (void *)(uintptr_t)password),
		1);
	fclose(file);
}

static void put_certificate(const char *dir, const char *side, X509 *certificate)
{
	FILE *file = open_file(dir, side, "cert", "w");

	assert_int_equal(PEM_write_X509(file, certificate), 1);
	fclose(file);
}

static void extend(X509 *certificate, int what, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, what, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* No two have the same number: a list of those that are revoked knows nothing else of them. */
static X509 *new_certificate(const char *name, EVP_PKEY *key, bool expired)
{
	static long made;
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++made);
	X509_gmtime_adj(X509_getm_notBefore(certificate), expired ? -2 * DAY : -HOUR);
	X509_gmtime_adj(X509_getm_notAfter(certificate), expired ? -DAY : DAY);
	X509_NAME_add_entry_by_txt(
		subject, "O", MBSTRING_UTF8, (const unsigned char *)"Lab", -1, -1, 0);
	X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_set_pubkey(certificate, key);
	return certificate;
}

static void sign(X509 *certificate, EVP_PKEY *key)
{
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
}

void certificates_begin(const char *dir)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = new_certificate("Test CA", key, false);

	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	extend(certificate, NID_basic_constraints, "critical,CA:TRUE");
	extend(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
	sign(certificate, key);
	put_certificate(dir, "ca", certificate);
	put_key(dir, "ca", key, NULL);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void revoke(const char *dir, X509 *authority, EVP_PKEY *key, const X509 *certificate)
{
	X509_CRL *list = X509_CRL_new();
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *now = X509_gmtime_adj(NULL, 0), *later = X509_gmtime_adj(NULL, DAY);
	FILE *file = open_file(dir, "ca", "crl", "w");

	X509_REVOKED_set_serialNumber(
		entry, (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(certificate));
	X509_REVOKED_set_revocationDate(entry, now);
	X509_CRL_set_version(list, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(list, X509_get_subject_name(authority));
	X509_CRL_set1_lastUpdate(list, now);
	X509_CRL_set1_nextUpdate(list, later);
	assert_int_equal(X509_CRL_add0_revoked(list, entry), 1);
	assert_true(X509_CRL_sign(list, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509_CRL(file, list), 1);
	fclose(file);
	ASN1_TIME_free(now);
	ASN1_TIME_free(later);
	X509_CRL_free(list);
}

void certificates_add(
	const char *dir, const char *side, const char *name, const struct certificate *wanted)
{
	FILE *file = open_file(dir, "ca", "cert", "r");
	X509 *authority = PEM_read_X509(file, NULL, NULL, NULL), *certificate;
	EVP_PKEY *authority_key, *key = EVP_EC_gen("P-256");
	char host[256];

	fclose(file);
	file = open_file(dir, "ca", "key", "r");
	authority_key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	certificate = new_certificate(name, key, wanted->expired);
	X509_set_issuer_name(certificate, X509_get_subject_name(authority));
	snprintf(host, sizeof(host), "DNS:%s", wanted->host ? wanted->host : "");
	if (wanted->host)
		extend(certificate, NID_subject_alt_name, host);
	sign(certificate, authority_key);
	put_certificate(dir, side, certificate);
	put_key(dir, side, key, wanted->password);
	if (wanted->revoked)
		revoke(dir, authority, authority_key, certificate);
	X509_free(certificate);
	X509_free(authority);
	EVP_PKEY_free(key);
	EVP_PKEY_free(authority_key);
}
