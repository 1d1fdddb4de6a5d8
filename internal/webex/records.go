package webex

import "github.com/webex-operator/webex-license-operator/internal/webex/wire"

// The members that are read of each kind of record. All others, personal data among them, are skipped.

func decodeOrganization(d *wire.Decoder, o *Organization) error {
	var id string
	err := record(d, &id, named(d, "displayName", &id, &o.DisplayName))
	o.ID = answeredID(id)
	return err
}

func decodeRole(d *wire.Decoder, r *Role) error {
	return record(d, &r.ID, named(d, "name", &r.ID, &r.Name))
}

func decodeLocation(d *wire.Decoder, l *Location) error {
	return record(d, &l.ID, named(d, "name", &l.ID, &l.Name))
}

// named reads a record that has an id and, as the member key, a name.
func named(d *wire.Decoder, key string, id, into *string) func(name []byte) error {
	return func(name []byte) error {
		switch string(name) {
		case "id":
			return d.ReadID(id)
		case key:
			return d.ReadString(into)
		}
		return d.Skip()
	}
}

func decodeLicense(d *wire.Decoder, l *License) error {
	var displayName string
	err := record(d, &l.ID, func(name []byte) error {
		switch string(name) {
		case "id":
			return d.ReadID(&l.ID)
		case "name":
			return d.ReadString(&l.Name)
		case "displayName": // the name of the name in older versions of the API
			return d.ReadString(&displayName)
		case "totalUnits":
			return d.ReadUnits(&l.Total)
		case "consumedUnits":
			return d.ReadUnits(&l.Consumed)
		case "consumedByUsers":
			return d.ReadUnits(&l.ByUsers)
		case "consumedByWorkspaces":
			return d.ReadUnits(&l.ByWorkspaces)
		case "subscriptionId":
			return d.ReadString(&l.SubscriptionID)
		case "siteUrl":
			return d.ReadString(&l.SiteURL)
		case "siteType":
			return d.ReadString(&l.SiteType)
		case "errors":
			return d.ReadErrors(&l.Errors)
		}
		return d.Skip()
	})
	if l.Name == "" {
		l.Name = displayName
	}
	l.OfferCode = wire.OfferCode(l.ID)
	return err
}

func decodePerson(d *wire.Decoder, p *Person) error {
	return record(d, &p.ID, func(name []byte) error { return readPerson(d, p, name) })
}

// readPerson reads a member of a person.
func readPerson(d *wire.Decoder, p *Person, name []byte) (err error) {
	switch string(name) {
	case "id":
		return d.ReadID(&p.ID)
	case "locationId":
		return d.ReadRepeatedID(&p.LocationID)
	case "licenses":
		p.Licenses, p.LicensesKnown, err = d.ReadLicenses()
		return err
	case "type":
		return d.ReadInterned(&p.Type)
	case "errors":
		return d.ReadErrors(&p.Incomplete)
	}
	return d.Skip()
}

// addressed reads people with their addresses, and whether they are of another organization than org.
func addressed(org OrganizationID) func(*wire.Decoder, *Person) error {
	own := org.API() // as Webex writes it: a comparison, where any other spelling costs a decoding
	return func(d *wire.Decoder, p *Person) error {
		return record(d, &p.ID, func(name []byte) error {
			switch string(name) {
			case "emails":
				return d.ReadTexts(&p.Emails)
			case "orgId":
				var id string
				err := d.ReadRepeatedID(&id)
				p.External = id != "" && id != own && org.IsUUID() && answeredID(id) != org
				return err
			}
			return readPerson(d, p, name)
		})
	}
}

func decodeWorkspace(d *wire.Decoder, w *Workspace) error {
	return record(d, &w.ID, func(name []byte) error {
		switch string(name) {
		case "id":
			return d.ReadID(&w.ID)
		case "locationId":
			return d.ReadRepeatedID(&w.LocationID)
		case "calling":
			return d.Member("webexCalling", func() error {
				return d.Member("licenses", func() (err error) {
					w.Licenses, w.LicensesKnown, err = d.ReadLicenses()
					return err
				})
			})
		case "errors":
			return d.ReadErrors(&w.Incomplete)
		}
		return d.Skip()
	})
}

// record reads an object that must have an id.
func record(d *wire.Decoder, id *string, member func(name []byte) error) error {
	if err := d.Object(member); err != nil || *id != "" {
		return err
	}
	return wire.ErrMissing
}
