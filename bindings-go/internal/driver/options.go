package main

import (
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// options reads the options of the handler object from a case.
func options(in fields) ([]tinkwebhooks.Option, error) {
	var opts []tinkwebhooks.Option
	if secret, ok := in.take("secret"); ok {
		if secret == "null" { // Go's string has no null; its zero value stands for it
			secret = ""
		}
		opts = append(opts, tinkwebhooks.WithSecret(string(unhex(secret))))
	}
	if list, ok := in.take("secrets"); ok {
		var secrets []string
		if list != "[]" {
			for _, secret := range strings.Split(list, ",") {
				secrets = append(secrets, string(unhex(secret)))
			}
		}
		opts = append(opts, tinkwebhooks.WithSecrets(secrets...))
	}
	if env, ok := in.take("env"); ok {
		if err := os.Setenv("TINK_WEBHOOK_SECRET", string(unhex(env))); err != nil {
			return nil, inexpressible("the environment holds no such text: " + err.Error())
		}
	}
	if text, ok := in.take("tolerance"); ok {
		option, err := tolerance(text)
		if err != nil {
			return nil, err
		}
		opts = append(opts, option)
	}
	if list, ok := in.take("schemes"); ok {
		var schemes []tinkwebhooks.Scheme
		for _, scheme := range split(list) {
			schemes = append(schemes, tinkwebhooks.Scheme(scheme))
		}
		opts = append(opts, tinkwebhooks.WithSchemes(schemes...))
	}
	if text, ok := in.take("max_body_bytes"); ok {
		size, err := strconv.Atoi(text)
		if err != nil {
			return nil, inexpressible("the cap is no int")
		}
		opts = append(opts, tinkwebhooks.WithMaxBodyBytes(size))
	}
	if text, ok := in.take("now"); ok {
		now, err := instant(text)
		if err != nil {
			return nil, err
		}
		opts = append(opts, tinkwebhooks.WithClock(func() time.Time { return now }))
	}
	return opts, nil
}

func tolerance(text string) (tinkwebhooks.Option, error) {
	if text == "none" {
		return tinkwebhooks.WithoutWindow(), nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return nil, inexpressible("the tolerance is no number")
	case math.IsNaN(seconds) || math.IsInf(seconds, 0):
		return nil, inexpressible("a time.Duration is always a finite number")
	case seconds >= math.MaxInt64/1e9: // the longest duration stands for all that are longer
		return tinkwebhooks.WithTolerance(math.MaxInt64), nil
	case seconds <= math.MinInt64/1e9:
		return tinkwebhooks.WithTolerance(math.MinInt64), nil
	}
	return tinkwebhooks.WithTolerance(time.Duration(seconds * 1e9)), nil
}

// instant is a time in seconds, exactly, where it is written with a fraction.
func instant(text string) (time.Time, error) {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(seconds) || math.IsInf(seconds, 0) {
		return time.Time{}, inexpressible("a time.Time is never NaN and never infinite")
	}
	if math.Abs(seconds) > 1e18 {
		return time.Unix(int64(math.Copysign(1e18, seconds)), 0), nil
	}
	whole := math.Floor(seconds)
	_, fraction, _ := strings.Cut(text, ".")
	if seconds < 0 || strings.ContainsAny(text, "eE") {
		return time.Unix(int64(whole), int64((seconds-whole)*1e9)), nil
	}
	nanos, err := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if err != nil {
		return time.Time{}, inexpressible("the clock's fraction is no number")
	}
	return time.Unix(int64(whole), nanos), nil
}

// sign is op "sign".
func sign(in fields, out *answer) error {
	secret, _ := in.take("secret")
	if secret == "null" {
		secret = ""
	}
	var opts []tinkwebhooks.SignOption
	if text, ok := in.take("timestamp"); ok {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return inexpressible("the time of signing is no int64")
		}
		opts = append(opts, tinkwebhooks.SignedAt(time.Unix(seconds, 0)))
	}
	if scheme, ok := in.take("scheme"); ok {
		opts = append(opts, tinkwebhooks.SignedWith(tinkwebhooks.Scheme(scheme)))
	}
	header, err := tinkwebhooks.GenerateSignature(in.takeBytes("body"), string(unhex(secret)), opts...)
	if err == nil {
		out.put("ok", "1")
		out.putHex("header", header)
	}
	return err
}
